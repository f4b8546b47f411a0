// SPDX-License-Identifier: Apache-2.0
/** Clusters and catalogs that are too large to be there: their manifests and documents are made up, and measured. */
@NullMarked
package org.tidemark.acceptance.scale;

import org.jspecify.annotations.NullMarked;
