import { Body, Controller, Headers, Patch, UseGuards, UsePipes } from '@nestjs/common';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { serializeAvailability } from '../availability/availability.serializer.js';
import { AvailabilityService } from '../availability/availability.service.js';
import { strictValidationPipe } from '../octo/octo-validation.pipe.js';
import { backofficeView } from './backoffice-view.js';
import { EditAvailabilityDto } from './dto/edit-availability.dto.js';
import { CallingSupplier, SupplierKeyGuard } from './supplier-key.guard.js';

/** `PATCH /backoffice/availability`. */
@Controller('backoffice/availability')
@UseGuards(SupplierKeyGuard)
@UsePipes(strictValidationPipe())
export class BackofficeAvailabilityController {
  constructor(private readonly availability: AvailabilityService) {}

  @Patch()
  async edit(
    @CallingSupplier() supplierId: string,
    @Body() body: EditAvailabilityDto,
    @Headers('accept-language') acceptLanguage?: string,
  ): Promise<JsonObject> {
    const state = await this.availability.edit(supplierId, body);
    return serializeAvailability(state, backofficeView(acceptLanguage));
  }
}
