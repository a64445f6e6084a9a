import { optionOf, unitOf } from '../catalogue/product.lookup.js';
import type { ProductContent, ProductState, UnitPrice } from '../catalogue/product.state.js';
import { LANGUAGES } from '../octo/languages.js';
import type { EditContentDto } from './dto/edit-content.dto.js';
import type { EditPriceDto, EditProductDto } from './dto/edit-product.dto.js';

/**
 * The product after an edit. Keys stay in their order, so that an edit that changes nothing gives the same JSON.
 *
 * @throws OctoError INVALID_OPTION_ID or INVALID_UNIT_ID for a price of something that the product does not have
 */
export function editProduct(product: ProductState, edit: EditProductDto): ProductState {
  const prices = edit.prices ?? [];
  for (const { optionId, unitId } of prices) unitOf(optionOf(product, optionId), unitId);
  return {
    ...product,
    internalName: edit.internalName ?? product.internalName,
    reference: edit.reference === undefined ? product.reference : edit.reference,
    content: editContents(product.content, edit),
    options: product.options.map((option) => ({
      ...option,
      units: option.units.map((unit) => ({
        ...unit,
        price: editPrice(
          unit.price,
          prices.find(({ optionId, unitId }) => optionId === option.id && unitId === unit.id),
        ),
      })),
    })),
  };
}

function editContents(contents: ProductState['content'], { content }: EditProductDto): ProductState['content'] {
  const edited = { ...contents };
  for (const language of LANGUAGES) edited[language] = editContent(contents[language], content?.[language]);
  return edited;
}

function editContent(content: ProductContent, edit: EditContentDto | undefined): ProductContent {
  return {
    ...content,
    title: edit?.title ?? content.title,
    shortDescription: edit?.shortDescription ?? content.shortDescription,
    description: edit?.description ?? content.description,
    highlights: edit?.highlights ?? content.highlights,
    coverImageUrl: edit?.coverImageUrl === undefined ? content.coverImageUrl : edit.coverImageUrl,
  };
}

function editPrice(price: UnitPrice, edit: EditPriceDto | undefined): UnitPrice {
  return {
    ...price,
    original: edit?.original ?? price.original,
    retail: edit?.retail ?? price.retail,
    net: edit?.net ?? price.net,
  };
}
