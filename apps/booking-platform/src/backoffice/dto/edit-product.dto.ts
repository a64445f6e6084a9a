import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  Max,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { IfSent } from '../../octo/if-sent.decorator.js';
import { IsText } from '../../octo/is-text.decorator.js';
import { EditContentsDto } from './edit-content.dto.js';

/** A price in minor units of the product's currency. */
function IsPrice(): PropertyDecorator {
  const rules = [IfSent(), IsInt(), Min(0), Max(1_000_000_000)];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

/** New prices for one unit of one option. Prices that are left out keep their values. */
export class EditPriceDto {
  @IsText(36)
  optionId!: string;

  @IsText(36)
  unitId!: string;

  @IsPrice()
  original?: number;

  @IsPrice()
  retail?: number;

  @IsPrice()
  net?: number;
}

/** The body of `PATCH /backoffice/products/{id}`: fields that are left out keep their values. */
export class EditProductDto {
  @IfSent()
  @IsText(255)
  @MinLength(1)
  internalName?: string;

  /** Null removes the reference. */
  @IsOptional()
  @IsText(255)
  reference?: string | null;

  @IfSent()
  @IsObject()
  @ValidateNested()
  @Type(() => EditContentsDto)
  content?: EditContentsDto;

  @IfSent()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique(({ optionId, unitId }: EditPriceDto) => JSON.stringify([optionId, unitId]), {
    message: '$property must name each unit of an option only once',
  })
  @ValidateNested({ each: true })
  @Type(() => EditPriceDto)
  prices?: EditPriceDto[];
}
