// SPDX-License-Identifier: Apache-2.0
/** Segments that are archived before PostgreSQL hands them over, and how the launcher knows of it. */
package org.tidemark.archiver.ahead;
