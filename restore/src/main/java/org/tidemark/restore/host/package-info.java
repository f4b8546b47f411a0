// SPDX-License-Identifier: Apache-2.0
/**
 * The target host's own side: owners of files, file systems, what is mounted. It sees no other package of this module.
 */
package org.tidemark.restore.host;
