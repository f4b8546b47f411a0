// SPDX-License-Identifier: Apache-2.0
/** What commands say: data on stdout as text or JSON, talk and progress on stderr. */
package org.tidemark.cli.output;
