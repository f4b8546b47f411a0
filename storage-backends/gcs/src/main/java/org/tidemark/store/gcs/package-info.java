// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a bucket of Google Cloud Storage, {@code gs://bucket/prefix}, through Google's client library and its
 * JSON API. One conditional request creates a complete object, whose checksum is sent with it.
 */
package org.tidemark.store.gcs;
