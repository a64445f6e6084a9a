import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { IsText } from '../octo/is-text.decorator.js';
import { IsLocalDate } from '../calendar/is-local-date.decorator.js';

/** A number of units, in `POST /availability`. */
export class UnitQuantityDto {
  @IsText(36)
  id!: string;

  @IsInt()
  @Min(0)
  @Max(1000)
  quantity!: number;
}

/** The body of `POST /availability`: a product's option, and one way to select departures. */
export class CheckAvailabilityDto {
  @IsText(36)
  productId!: string;

  @IsText(36)
  optionId!: string;

  @IsOptional()
  @IsLocalDate()
  localDate?: string;

  @IsOptional()
  @IsLocalDate()
  localDateStart?: string;

  @IsOptional()
  @IsLocalDate()
  localDateEnd?: string;

  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @IsText(32, { each: true })
  availabilityIds?: string[];

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => UnitQuantityDto)
  units?: UnitQuantityDto[];
}
