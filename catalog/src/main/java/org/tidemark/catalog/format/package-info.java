// SPDX-License-Identifier: Apache-2.0
/**
 * The form of every object, whatever it holds: containers with their codecs and encryption, and JSON documents with a
 * checksum. docs/design/repository-format.md fixes every byte.
 */
package org.tidemark.catalog.format;
