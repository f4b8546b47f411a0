// SPDX-License-Identifier: Apache-2.0
/** The process that archives segments before PostgreSQL hands them over. */
package org.tidemark.wal.ahead;
