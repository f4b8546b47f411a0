// SPDX-License-Identifier: Apache-2.0
/**
 * What is asked of a backup, what it tells on the way, and what it was in the end: values. It sees how files can be
 * read, and no other package of this module.
 */
package org.tidemark.backup.request;
