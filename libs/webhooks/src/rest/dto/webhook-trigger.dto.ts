import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { IsHostId } from './webhook-validators.js';
import type { TriggerRequest } from '../../emission/by-partner/trigger-query.js';

const MAX_LENGTH = 191;
const MAX_AVAILABILITIES = 100;
const MAX_UNITS = 100;

/** A reference. Control characters are refused, because not every database column can hold them. */
const IsShortText = (options: ValidationOptions = {}): PropertyDecorator =>
  applyDecorators(
    IsString(options),
    Length(1, MAX_LENGTH, options),
    Matches(/^\P{Cc}*$/u, { ...options, message: '$property must not have control characters' }),
  );

/** A number of guests of one kind, for whom availability is requested. */
export class TriggerUnitDto {
  @ApiProperty()
  @IsHostId()
  id!: string;

  @ApiProperty({ minimum: 0 })
  @IsInt()
  @Min(0)
  @Max(10_000)
  quantity!: number;
}

/** The body of `POST /webhooks/{webhookId}/trigger`. The webhook's event decides which fields are used. */
export class WebhookTriggerDto implements TriggerRequest {
  /** `product_update` and `availability_update` */
  @ApiPropertyOptional()
  @IsOptional()
  @IsHostId()
  productId?: string;

  /** `availability_update` */
  @ApiPropertyOptional()
  @IsOptional()
  @IsHostId()
  optionId?: string;

  /** `availability_update`: each id becomes one delivery */
  @ApiPropertyOptional({ type: [String], minItems: 1, maxItems: MAX_AVAILABILITIES })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_AVAILABILITIES)
  @IsHostId({ each: true })
  availabilityIds?: string[];

  /** `availability_update` */
  @ApiPropertyOptional({ type: [TriggerUnitDto], maxItems: MAX_UNITS })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_UNITS)
  @ValidateNested({ each: true })
  @Type(() => TriggerUnitDto)
  units?: TriggerUnitDto[];

  /** `booking_update` and `order_update`: a reference of the booking or order */
  @ApiPropertyOptional()
  @IsOptional()
  @IsShortText()
  reference?: string;

  /** `booking_update` and `order_update`: the guest's phone number, E.164 */
  @ApiPropertyOptional()
  @IsOptional()
  @IsShortText()
  mobile?: string;

  /** `booking_update` and `order_update`: the `Octo-Record-State` of an earlier delivery, for the diff */
  @ApiPropertyOptional()
  @IsOptional()
  @IsShortText()
  orderRecordState?: string;

  /** `product_update`: the same as `orderRecordState` */
  @ApiPropertyOptional()
  @IsOptional()
  @IsShortText()
  productRecordState?: string;
}

/** OCTO's response to a request that is processed later. */
export class OctoAcceptedResult {
  @ApiProperty({ example: 'accepted' })
  status!: string;

  @ApiProperty({ required: false, description: 'The id of the delivery, or of the first of several deliveries' })
  requestId!: string;

  @ApiProperty({ required: false })
  message!: string;
}
