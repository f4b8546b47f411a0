// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration with which a restored server starts, how it is started, and what in it points out of the data
 * directory. It sees what was asked, and the host.
 */
package org.tidemark.restore.settings;
