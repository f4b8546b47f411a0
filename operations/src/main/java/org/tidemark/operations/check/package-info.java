// SPDX-License-Identifier: Apache-2.0
/** What {@code check} looks at: the server, its archiver, the repositories and what is in them. */
package org.tidemark.operations.check;
