// SPDX-License-Identifier: Apache-2.0
/** When something that lasts, or comes back, is told again. */
package org.tidemark.wal.notices;
