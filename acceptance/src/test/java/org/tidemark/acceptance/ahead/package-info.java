// SPDX-License-Identifier: Apache-2.0
/** Segments that are archived before a real PostgreSQL hands them over. */
package org.tidemark.acceptance.ahead;
