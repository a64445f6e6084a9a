import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { IsText } from '../octo/is-text.decorator.js';
import { IsLocalDate } from '../calendar/is-local-date.decorator.js';

/** A number of units, in a request for availability. */
export class UnitQuantityDto {
  @IsText(36)
  id!: string;

  @IsInt()
  @Min(0)
  @Max(1000)
  quantity!: number;
}

/** The fields of both requests: a product's option, and the guests for whom availability is requested. */
class AvailabilityRequestDto {
  @IsText(36)
  productId!: string;

  @IsText(36)
  optionId!: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => UnitQuantityDto)
  units?: UnitQuantityDto[];
}

/** The body of `POST /availability/calendar`: the first and the last date. */
export class AvailabilityCalendarDto extends AvailabilityRequestDto {
  @IsLocalDate()
  localDateStart!: string;

  @IsLocalDate()
  localDateEnd!: string;
}

/** The body of `POST /availability`: one way to select departures. */
export class CheckAvailabilityDto extends AvailabilityRequestDto {
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
}
