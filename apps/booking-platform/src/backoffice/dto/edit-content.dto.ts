import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsObject, IsOptional, IsUrl, MinLength, ValidateNested } from 'class-validator';
import type { Language } from '../../octo/languages.js';
import { IfSent } from '../../octo/if-sent.decorator.js';
import { IsText } from '../../octo/is-text.decorator.js';

/** The texts of a product in one language. Fields that are left out keep their values. */
export class EditContentDto {
  @IfSent()
  @IsText(255)
  @MinLength(1)
  title?: string;

  @IfSent()
  @IsText(1000)
  shortDescription?: string;

  @IfSent()
  @IsText(20_000)
  description?: string;

  @IfSent()
  @IsArray()
  @ArrayMaxSize(50)
  @IsText(255, { each: true })
  highlights?: string[];

  /** Null removes the picture. */
  @IsOptional()
  @IsText(2000)
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true })
  coverImageUrl?: string | null;
}

/** The texts of a product, by language. */
export class EditContentsDto implements Partial<Record<Language, EditContentDto>> {
  @EditedLanguage()
  en?: EditContentDto;

  @EditedLanguage()
  fr?: EditContentDto;

  @EditedLanguage()
  de?: EditContentDto;
}

function EditedLanguage(): PropertyDecorator {
  const rules = [IfSent(), IsObject(), ValidateNested(), Type(() => EditContentDto)];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}
