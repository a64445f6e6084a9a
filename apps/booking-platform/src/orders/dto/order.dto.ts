import { Type } from 'class-transformer';
import { IsObject, IsOptional, ValidateNested } from 'class-validator';
import { ContactDto } from '../../bookings/dto/contact.dto.js';
import { IsHoldMinutes } from '../../bookings/dto/is-hold-minutes.decorator.js';
import { IsText } from '../../octo/is-text.decorator.js';

/** The body of `POST /orders/{id}/confirm`. */
export class ConfirmOrderDto {
  /** The contact of the order. If it is left out, it does not change. Bookings take missing contact fields from it. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ContactDto)
  contact?: ContactDto | null;
}

/** The body of `POST /orders`. */
export class CreateOrderDto extends ConfirmOrderDto {
  /**
   * How long the order waits for its first booking, in minutes. From then on, it lasts as long as its bookings are
   * held.
   */
  @IsOptional()
  @IsHoldMinutes()
  expirationMinutes?: number | null;
}

/** The body of `POST /orders/{id}/cancel`. */
export class CancelOrderDto {
  @IsOptional()
  @IsText(2000)
  reason?: string | null;
}
