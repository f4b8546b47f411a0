// SPDX-License-Identifier: Apache-2.0
/** Gives a recovery the files that it asks for, from the repositories that are configured. */
package org.tidemark.wal.fetch;
