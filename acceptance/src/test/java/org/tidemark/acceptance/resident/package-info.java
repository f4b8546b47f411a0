// SPDX-License-Identifier: Apache-2.0
/** The resident archiver beside a real PostgreSQL. */
package org.tidemark.acceptance.resident;
