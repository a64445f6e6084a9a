import { ApiProperty } from '@nestjs/swagger';
import { OCTO_ERROR_CODES, type OctoErrorCode } from '../../octo/octo-error.js';

/** The error envelope, for OpenAPI documents. */
export class OctoErrorSchema {
  @ApiProperty({ enum: OCTO_ERROR_CODES, description: 'The error code, for programs' })
  error!: OctoErrorCode;

  @ApiProperty({ description: 'What was wrong and what is allowed, for people' })
  errorMessage!: string;
}
