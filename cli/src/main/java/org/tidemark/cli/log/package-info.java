// SPDX-License-Identifier: Apache-2.0
/** The log of this host: what every command did, and what it warned of. It sees no other package of this module. */
package org.tidemark.cli.log;
