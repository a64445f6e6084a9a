import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsUUID, ValidateNested } from 'class-validator';
import { IsText } from '../../octo/is-text.decorator.js';
import { BookingDetailsDto } from './booking-details.dto.js';
import { IsHoldMinutes } from './is-hold-minutes.decorator.js';
import { UnitItemDto } from './unit-item.dto.js';

/** The body of `POST /bookings`. */
export class CreateBookingDto extends BookingDetailsDto {
  /** A uuid that the client chooses, so that it can repeat the request without booking twice. */
  @IsOptional()
  @IsUUID()
  uuid?: string | null;

  /** The order to which the booking is added (`octo/cart`). */
  @IsOptional()
  @IsText(36)
  orderId?: string | null;

  @IsText(36)
  productId!: string;

  @IsText(36)
  optionId!: string;

  @IsText(32)
  availabilityId!: string;

  /** Required. OCTO answers a missing list as it answers an empty one, so it is checked with the other terms. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => UnitItemDto)
  unitItems?: UnitItemDto[] | null;

  @IsOptional()
  @IsHoldMinutes()
  expirationMinutes?: number | null;
}
