import { IsOptional } from 'class-validator';
import { IsText } from '../../octo/is-text.decorator.js';
import { IsHoldMinutes } from './is-hold-minutes.decorator.js';

/** The body of `POST /bookings/{uuid}/extend`. */
export class ExtendBookingDto {
  @IsOptional()
  @IsHoldMinutes()
  expirationMinutes?: number | null;
}

/** The body of `POST /bookings/{uuid}/cancel`. */
export class CancelBookingDto {
  @IsOptional()
  @IsText(2000)
  reason?: string | null;
}
