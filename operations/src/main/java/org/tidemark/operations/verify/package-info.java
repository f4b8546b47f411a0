// SPDX-License-Identifier: Apache-2.0
/** Reads what the repositories hold, and compares it with its digests. */
package org.tidemark.operations.verify;
