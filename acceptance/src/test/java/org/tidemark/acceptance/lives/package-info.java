// SPDX-License-Identifier: Apache-2.0
/** Whole lives of a cluster: failovers and restores one after the other, with PostgreSQL calling the launcher. */
package org.tidemark.acceptance.lives;
