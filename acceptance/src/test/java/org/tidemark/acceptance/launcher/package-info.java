// SPDX-License-Identifier: Apache-2.0
/** The launcher by itself: what it tells PostgreSQL when Java fails. */
package org.tidemark.acceptance.launcher;
