import { Type } from 'class-transformer';
import { IsObject, IsOptional, ValidateNested } from 'class-validator';
import { IsText } from '../../octo/is-text.decorator.js';
import { ContactDto } from './contact.dto.js';

/** What any request that writes a booking may set besides its terms: left out stays as it is, null clears. */
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
