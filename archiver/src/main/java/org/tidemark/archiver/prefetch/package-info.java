// SPDX-License-Identifier: Apache-2.0
/** WAL that is fetched ahead of a recovery (docs/design/prefetch.md). */
package org.tidemark.archiver.prefetch;
