import { ApiProperty } from '@nestjs/swagger';
import { OCTO_ERROR_CODES, type OctoErrorCode } from '../../octo/octo-error.js';

/** The error envelope, for OpenAPI documents. */
export class OctoErrorSchema {
  @ApiProperty({ enum: OCTO_ERROR_CODES, description: 'The code for programs' })
  error!: OctoErrorCode;

  @ApiProperty({ description: 'Says in plain words what was wrong and what is allowed' })
  errorMessage!: string;
}
