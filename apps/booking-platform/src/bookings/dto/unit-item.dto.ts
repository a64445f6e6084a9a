import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsUUID, ValidateNested } from 'class-validator';
import { IsText } from '../../octo/is-text.decorator.js';
import { ContactDto } from './contact.dto.js';

/** One unit item in a request. */
export class UnitItemDto {
  /** Names an existing item, or sets the uuid of a new one. */
  @IsOptional()
  @IsUUID()
  uuid?: string | null;

  @IsText(36)
  unitId!: string;

  @IsOptional()
  @IsText(255)
  resellerReference?: string | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ContactDto)
  contact?: ContactDto | null;
}
