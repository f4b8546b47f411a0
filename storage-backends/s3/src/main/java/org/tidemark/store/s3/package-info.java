// SPDX-License-Identifier: Apache-2.0
/** The store in a bucket of Amazon S3 or of a server with the same protocol. */
package org.tidemark.store.s3;
