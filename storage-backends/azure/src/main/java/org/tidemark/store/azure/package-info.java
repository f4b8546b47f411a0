// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a container of Azure Blob Storage, {@code azure://account/container/prefix}. An object is a block blob,
 * which the service creates only if it does not exist. The store is loaded only for such an address, with its own
 * libraries.
 */
package org.tidemark.store.azure;
