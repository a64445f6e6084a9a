import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import { IfSent } from '../../octo/if-sent.decorator.js';
import { IsText } from '../../octo/is-text.decorator.js';

/** The body of `PATCH /backoffice/availability`: one departure, and what is to be different about it. */
export class EditAvailabilityDto {
  @IsText(36)
  productId!: string;

  @IsText(36)
  optionId!: string;

  @IsText(32)
  availabilityId!: string;

  /** Places in all, those that are taken included. */
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
