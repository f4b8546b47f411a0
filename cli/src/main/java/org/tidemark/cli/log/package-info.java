// SPDX-License-Identifier: Apache-2.0
/** The log of this host: what every command did, and what it warned of. */
package org.tidemark.cli.log;
