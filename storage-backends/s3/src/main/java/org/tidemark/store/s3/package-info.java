// SPDX-License-Identifier: Apache-2.0
/** A store in a bucket of Amazon S3, or of another server that speaks its language. */
package org.tidemark.store.s3;
