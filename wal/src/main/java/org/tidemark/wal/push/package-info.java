// SPDX-License-Identifier: Apache-2.0
/** Archives files of a cluster as it is configured: to its repositories, with a limit, and on a full disk. */
package org.tidemark.wal.push;
