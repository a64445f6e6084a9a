import { Type } from 'class-transformer';
import { IsObject, IsOptional, ValidateNested } from 'class-validator';
import { IsText } from '../../octo/is-text.decorator.js';
import { ContactDto } from './contact.dto.js';

/**
 * The fields that any request may set besides a booking's terms. Fields that are left out keep their values, and null
 * clears them.
 */
export class BookingDetailsDto {
  @IsOptional()
  @IsText(255)
  resellerReference?: string | null;

  @IsOptional()
  @IsText(2000)
  notes?: string | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ContactDto)
  contact?: ContactDto | null;
}
