// SPDX-License-Identifier: Apache-2.0
/** What the archived WAL says of what happened: which transaction emptied which table, and the moments around it. */
package org.tidemark.walsearch;
