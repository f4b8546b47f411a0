// SPDX-License-Identifier: Apache-2.0
/**
 * What the archived WAL says of a plan: where a recovery ends, and what its replay does. It sees the plan and what was
 * asked.
 */
package org.tidemark.restore.wal;
