// SPDX-License-Identifier: Apache-2.0
/** What an operator asks the archived WAL. */
package org.tidemark.operations.search;
