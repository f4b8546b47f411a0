// SPDX-License-Identifier: Apache-2.0
/**
 * Values and errors, named as in PostgreSQL. This package needs only the JDK. Of its classes, only those whose names
 * end with Files, File or Space look at a disk.
 */
package org.tidemark.core;
