// SPDX-License-Identifier: Apache-2.0
/**
 * The directories that a restore writes: what stands there now, what of it stays, room and claims, and what is written
 * in which order. It sees what was asked, the host and the plan.
 */
package org.tidemark.restore.target;
