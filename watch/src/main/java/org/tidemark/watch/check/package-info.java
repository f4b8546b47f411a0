// SPDX-License-Identifier: Apache-2.0
/** The checks of {@code check}: the server, its archiver, the repositories and their content. */
package org.tidemark.watch.check;
