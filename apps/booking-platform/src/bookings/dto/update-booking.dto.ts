import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, ValidateNested } from 'class-validator';
import { IsText } from '../../octo/is-text.decorator.js';
import { BookingDetailsDto } from './booking-details.dto.js';
import { IsHoldMinutes } from './is-hold-minutes.decorator.js';
import { UnitItemDto } from './unit-item.dto.js';

/** The body of `POST /bookings/{uuid}/confirm`. Fields that are left out keep their values. */
export class ConfirmBookingDto extends BookingDetailsDto {
  @IsOptional()
  @IsText(36)
  productId?: string | null;

  @IsOptional()
  @IsText(36)
  optionId?: string | null;

  @IsOptional()
  @IsText(32)
  availabilityId?: string | null;

  /** All unit items. Items that are not listed are removed. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => UnitItemDto)
  unitItems?: UnitItemDto[] | null;
}

/** The body of `PATCH /bookings/{uuid}`. Fields that are left out keep their values. */
export class UpdateBookingDto extends ConfirmBookingDto {
  @IsOptional()
  @IsHoldMinutes()
  expirationMinutes?: number | null;
}
