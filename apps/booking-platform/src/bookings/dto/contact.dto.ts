import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsText } from '../../octo/is-text.decorator.js';

const NAME_LENGTH = 255;

/** A contact in a request. Fields that are left out keep their values, and null clears them. */
export class ContactDto {
  @IsOptional()
  @IsText(NAME_LENGTH)
  fullName?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  firstName?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  lastName?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  title?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  emailAddress?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  phoneNumber?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  country?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  streetAddress?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  city?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  state?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  postalCode?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  company?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  taxId?: string | null;

  @IsOptional()
  @IsText(NAME_LENGTH)
  birthdate?: string | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(150)
  age?: number | null;

  @IsOptional()
  @IsBoolean()
  allowMarketing?: boolean | null;

  @IsOptional()
  @IsText(2000)
  notes?: string | null;

  /** The languages in which to write to the guest: BCP 47 tags in order of preference. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsText(35, { each: true })
  locales?: string[] | null;
}
