// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a bucket of Google Cloud Storage, {@code gs://bucket/prefix}, by Google's own client library over its
 * JSON API: an object appears by one conditional request, whole and with the checksum that was sent along.
 */
package org.tidemark.store.gcs;
