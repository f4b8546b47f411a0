// SPDX-License-Identifier: Apache-2.0
/** Which user of the operating system a command runs as: root at the same host as PostgreSQL. */
package org.tidemark.acceptance.owner;
