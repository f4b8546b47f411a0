// SPDX-License-Identifier: Apache-2.0
/**
 * The bytes of a backup, as frames for who writes all of them, and as a tree of files for who asks for some. Each byte
 * is compared with the checksums of the manifest before it is given away, and comes from the first repository whose
 * copy is intact.
 */
package org.tidemark.image;
