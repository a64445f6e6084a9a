import { IsOptional } from 'class-validator';
import { IsLocalDate } from '../../calendar/is-local-date.decorator.js';
import { IsText } from '../../octo/is-text.decorator.js';

/** The query of `GET /bookings`. */
export class ListBookingsDto {
  @IsOptional()
  @IsText(255)
  resellerReference?: string;

  @IsOptional()
  @IsText(32)
  supplierReference?: string;

  @IsOptional()
  @IsLocalDate()
  localDate?: string;

  @IsOptional()
  @IsLocalDate()
  localDateStart?: string;

  @IsOptional()
  @IsLocalDate()
  localDateEnd?: string;
}
