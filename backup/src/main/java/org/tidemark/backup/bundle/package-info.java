// SPDX-License-Identifier: Apache-2.0
/**
 * From files to bundles: cut into frames, checked, compared, compressed and stored. It sees what was asked, the source,
 * the server, the repositories, their archiving and the parent.
 */
package org.tidemark.backup.bundle;
