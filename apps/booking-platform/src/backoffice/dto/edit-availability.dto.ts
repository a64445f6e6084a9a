import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import { IfSent } from '../../octo/if-sent.decorator.js';
import { IsText } from '../../octo/is-text.decorator.js';

/** The body of `PATCH /backoffice/availability`: one departure, and the changes to it. */
export class EditAvailabilityDto {
  @IsText(36)
  productId!: string;

  @IsText(36)
  optionId!: string;

  @IsText(32)
  availabilityId!: string;

  /** All places, including those that are taken. */
  @IfSent()
  @IsInt()
  @Min(0)
  @Max(100_000)
  capacity?: number;

  /** True takes the departure off sale, false puts it back. */
  @IfSent()
  @IsBoolean()
  closed?: boolean;
}
