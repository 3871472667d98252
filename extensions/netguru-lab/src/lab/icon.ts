// The sign of NetGuru.

import { LabIcon } from '@jupyterlab/ui-components';
import mark from './mark';

export const icon = new LabIcon({ name: 'netguru:mark', svgstr: mark });
