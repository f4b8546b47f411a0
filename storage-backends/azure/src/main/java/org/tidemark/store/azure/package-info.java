// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a container of Azure Blob Storage, {@code azure://account/container/prefix}: an object is a block blob
 * that the service creates where there is none. Loaded only where such an address is used, with libraries of its own.
 */
package org.tidemark.store.azure;
